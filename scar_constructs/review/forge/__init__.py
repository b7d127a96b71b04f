"""The one comment of a pull or merge request that a review makes, and updates from then on.

http     requests with a token, to one address and no other
github   comments of a pull request
gitlab   notes of a merge request
publish  which of them a pipeline runs on, and what is made or updated
"""

from scar_constructs.review.forge.http import ForgeError
from scar_constructs.review.forge.publish import publish

__all__ = ["ForgeError", "publish"]
