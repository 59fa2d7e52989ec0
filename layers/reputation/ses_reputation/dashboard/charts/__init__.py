"""Charts as SVG, made on the server.

They need no script and nothing from elsewhere, and are as wide as there is room while their text keeps its size. Colour
is never the only sign. Each says in words what it shows, and has a table that says it in numbers.
"""
