"""Run with ``manage.py shell``: models, forms, a view through the test client."""

from django.contrib.auth.models import User
from django.db.models import Count, F, Q
from django.test import Client
from django.utils import timezone
from shop.models import Item

for number in range(5):
    Item.objects.create(name=f"item {number}", price=number * 10)
print(Item.objects.filter(Q(price__gt=10) | Q(name="item 0")).values_list("name", "price"))
print(Item.objects.aggregate(Count("id")), Item.objects.update(price=F("price") + 1))
print(Item.objects.filter(price__lt=20).query, timezone.now().tzinfo)
User.objects.create_user("ada", password="x")
answer = Client(headers={"host": "localhost"}).get("/admin/login/")
print(answer.status_code, b"Django" in answer.content)
