"""The words of ``dx-py pip``, one function each."""
