"""From source trees to wheels."""
