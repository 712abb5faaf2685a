"""Symbolic work for ``scripts.py``: some dozen terms expanded, integrated, simplified."""

from sympy import cos, diff, exp, expand, factor, integrate, log, simplify, sin, solve, symbols

x, y, z = symbols("x y z")
total = 0
for n in range(2, 9):
    total += len(expand((x + y * n + z) ** (2 * n)).args)
    total += len(str(factor(expand((x + n) * (x - y) * (x + y + n)))))
    total += len(str(integrate(x**n * exp(x) + sin(n * x) * cos(x), x)))
    total += len(str(simplify(sin(x) ** 2 + cos(x) ** 2 + (x**2 - n**2) / (x - n))))
    total += len(str(solve(x**2 - n * x + y, x)))
    total += len(str(diff(log(x) ** n * exp(-n * x) * sin(x**2), x, 3)))
print(total)
