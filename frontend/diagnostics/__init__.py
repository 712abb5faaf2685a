"""What is wrong with a source text: messages, places, hints and how to show them."""
