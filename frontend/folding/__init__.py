"""The host's optimiser of trees, which runs before scopes are analysed."""
