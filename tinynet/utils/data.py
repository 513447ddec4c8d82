"""`tinynet.utils.data`: the names of `torch.utils.data`, whose home is `tinynet.data`."""
