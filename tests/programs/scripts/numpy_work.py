"""numpy: dtypes, broadcasting, linear algebra, FFT, random numbers, text, errors."""

import warnings

import numpy as np

rng = np.random.default_rng(1)
a = rng.normal(size=(4, 4))
print(a @ np.linalg.inv(a), np.linalg.svd(a)[1], np.fft.fft(a[0]))
print(np.einsum("ij,jk->ik", a, a), np.where(a > 0, a, 0).sum(axis=1), np.median(a))
records = np.array(
    [(1, 2.5, "x"), (2, 3.5, "y")], dtype=[("n", "i4"), ("v", "f8"), ("s", "U3")]
)
print(records, records["v"].mean(), records.dtype)
print(
    np.arange(12).reshape(3, 4)[::2, 1:3], np.datetime64("2020-02-29") + np.timedelta64(1, "D")
)
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    print(np.float64(1) / np.float64(0), [str(warning.message) for warning in caught])
np.save("a.npy", a)
print((np.load("a.npy") == a).all(), np.array2string(a, precision=2))
poly = np.polynomial.Polynomial.fit(np.arange(5), np.arange(5) ** 2, 2)
print(poly.convert().coef.round(6), np.vectorize(lambda x: x + 1)(np.arange(3)))
np.arange(3) + np.arange(4)
