"""A job whose script runs in an image that nothing was put into: three containers, one volume.

    stage-in -> program -> stage-out

`stage-in` and `stage-out` are this runtime in a public Python image; `program` is the user's image,
whose only part in it is to run the launcher that `stage-in` leaves in the volume. What it shares
with the other two is that volume: the work folder, and beside it the folder `.scar` with what the
stages tell each other.
"""
