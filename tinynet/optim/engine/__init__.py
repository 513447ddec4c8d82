"""What every optimizer is made of; nothing here knows a concrete one.

optimizer.py         Optimizer: parameter groups and the step; wrapper.py, moments.py: bases for families of them
group.py             the parameter group, whose hyperparameters may follow schedules
hyperparameters.py   their checks
rule.py              Rule: a scalar formula and the kernels lifted from it
arena.py             Arena and Span: one buffer for all values, one for all gradients, one for each piece of state
state.py             `optimizer.state`; state_dict.py: saving, loading, copying; quantized_state.py: state in 8 bits
"""
