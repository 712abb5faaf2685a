"""``dxc``: the compiler ahead of time, for files, packages and trees."""
