"""Where distributions come from: indexes, links, transport, metadata."""
