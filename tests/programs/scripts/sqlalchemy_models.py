"""SQLAlchemy's ORM on SQLite: relationships, joins, aggregation, an error."""

from __future__ import annotations

from sqlalchemy import ForeignKey, create_engine, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Author(Base):
    __tablename__ = "author"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    books: Mapped[list[Book]] = relationship(back_populates="author", order_by="Book.title")


class Book(Base):
    __tablename__ = "book"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    pages: Mapped[int | None]
    author_id: Mapped[int] = mapped_column(ForeignKey("author.id"))
    author: Mapped[Author] = relationship(back_populates="books")


engine = create_engine("sqlite:///books.db", echo=True)
Base.metadata.create_all(engine)
with Session(engine) as session:
    for name in ("Ada", "Grace"):
        titles = (Book(title=f"{name} {n}", pages=n * 100) for n in range(3))
        session.add(Author(name=name, books=list(titles)))
    session.commit()
    query = select(Author.name, func.sum(Book.pages)).join(Book).group_by(Author.name)
    print(session.execute(query.order_by(Author.name)).all())
    author = session.scalars(select(Author).where(Author.name == "Ada")).one()
    print([book.title for book in author.books])
    session.add(Author(name="Ada"))
    try:
        session.commit()
    except IntegrityError as error:
        print(error.orig)
