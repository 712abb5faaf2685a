"""From wheels to files in an environment, in one transaction."""
