"""A workflow as a picture: an application -> a graph -> Mermaid, or positions and SVG.

graph      what is drawn: frames, nodes and edges
contents   the graph of an application
texts      what the picture writes about a function
compare    one graph of two, with marks of what was added, removed and changed
mermaid    text that GitHub and editors draw by themselves
markdown   the same in a page, with a table of the functions
boxes      how large everything is, by the table of `widths`
layout     where everything is, by elkjs in one call of Node.js
svg        the drawing, with `shapes`, `legend` and `style`
    describe   the same in sentences
    write      the pictures beside the templates of a synth
"""

from scar_constructs.review.picture.compare import compared
from scar_constructs.review.picture.contents import picture
from scar_constructs.review.picture.graph import Graph
from scar_constructs.review.picture.layout import LayoutError, lay_out
from scar_constructs.review.picture.markdown import markdown
from scar_constructs.review.picture.mermaid import mermaid
from scar_constructs.review.picture.svg import svg

__all__ = [
    "Graph",
    "LayoutError",
    "compared",
    "lay_out",
    "markdown",
    "mermaid",
    "picture",
    "svg",
]
