"""From a formula of one element to a kernel over arrays: elementwise, over state in 8 bits, and as a sum."""
