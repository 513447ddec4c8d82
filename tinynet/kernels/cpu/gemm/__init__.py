"""Matrix products, from the vector registers up: a tile, one that reads through tables, products small and large."""
