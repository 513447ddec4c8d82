"""Functions as material.

bytecode.py   what a function names, read from its code
"""
