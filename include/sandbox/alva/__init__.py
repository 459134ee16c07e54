"""Alva's half of the stand-in: a model of an Alva organisation, with an API.

Alva's own API reference is not public, so the paths and fields are this project's choice. Positions, candidates, tests
and results behave as in Alva's help centre.
"""
