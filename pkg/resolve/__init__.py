"""From requirements to one candidate a package, or to an explanation."""
