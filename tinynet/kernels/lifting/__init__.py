"""From a formula of one element to a loop over arrays: elementwise, over state in 8 bits, and as a sum."""
