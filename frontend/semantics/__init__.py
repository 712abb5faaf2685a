"""What the grammar and the scopes allow, and the language still forbids."""
