"""The package manager kept loaded between commands: a resident process that forks for each."""
