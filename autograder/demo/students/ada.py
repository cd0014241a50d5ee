# base: solutions
r"""Both means are 1. The second unit's standard deviation is about 1.07, because its variance is smaller
than $\varepsilon$; the first one's is 2. Normalizing loses a unit's own mean and spread; $\gamma, \beta$
bring them back.
"""
