"""The sandbox's own page: Lever's pipeline as a board, with Alva's side beside it."""
