"""What stages share: artifacts, the content store, stages, the build graph."""
