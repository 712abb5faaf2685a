"""What runs inside the user's program."""
