"""The package and project manager."""
