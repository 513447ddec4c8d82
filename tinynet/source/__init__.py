"""Functions as material: what they name, and modules that are written of their text.

bytecode.py   what a function names, read from its code
scopes.py     what a statement names, read from its text, and where
module.py     the text of a module: names without clashes, imports, statements
functions.py  functions with all that they name, in such a module
"""
