"""Any-order autoregressive network: exact likelihood, exact conditional sampling."""
