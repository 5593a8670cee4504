"""Setting up operators, lots, lanes and devices, and changing them later: one service a step.

Pages and commands call the same services; each change leaves a row that says who, when, from what to what.
"""
