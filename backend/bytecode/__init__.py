"""From code-level IR to code objects: flow-graph optimisation and assembly."""
