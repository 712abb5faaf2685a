"""The commands dxc and dx-py and the compile worker."""
