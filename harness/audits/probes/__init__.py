"""Faithfulness probes: does the answer of a model come from the reasoning it shows?"""
