"""Why each resource of a template is there: which functions and keys it comes of, and back.

table      resource -> reason and keys, the one place that says so (`of_functions`, `of_stacks`)
resources  the resources of templates, by their construct paths
explain    the functions, keys and lines of a version that a resource comes of
"""

from scar_constructs.review.origins.explain import Explanation, Source, explained
from scar_constructs.review.origins.find import NotFoundError, found, of_key
from scar_constructs.review.origins.resources import Resource, resources

__all__ = [
    "Explanation",
    "NotFoundError",
    "Resource",
    "Source",
    "explained",
    "found",
    "of_key",
    "resources",
]
