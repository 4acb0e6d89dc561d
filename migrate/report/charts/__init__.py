"""Charts as SVG, made by hand: pure functions from values to text, in colours that the page's style sheet gives.

By hand, because a page must be one file without scripts, in two widths and two colour schemes, and three kinds
of chart are all that there is.
"""
