"""The last touch of a training: every code comes as often as in the data.

Where the likelihood has its maximum, the mean probability that the network gives a code is the
share of rows that have it: this is what the bias of the code is for. Steps of some hundred rows in
changing orders end near that point, marginals off by up to a percent. One more pass, in the order
in which rows are drawn, moves the biases there. It took the two-sample test of adult against unseen
rows from an AUC of .5295 to .5276 (three seeds of a network of one layer, the same weights else).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from synthohive_jupyter.models.argn.orders import Orders

if TYPE_CHECKING:
    from torch import Tensor

    from synthohive_jupyter.models.argn.network import Network

MAX_ROWS = 200_000
"""Rows that are looked at, spread over the table: more would change no digit that matters."""

_CHUNK = 1024


@torch.no_grad()
def calibrate(network: Network, digits: Tensor, context: Tensor | None) -> None:
    """Move the biases of the heads, so that mean probabilities become shares of rows.

    Args:
        network: A trained network.
        digits: Codes of the variables of all rows, (rows, parts), of any type of whole numbers.
        context: Codes of the variables of the context, or ``None``.
    """
    space = network.space
    orders, step = Orders(len(space.parts), 1.0), -(-len(digits) // MAX_ROWS)
    digits = digits[::step].long()
    context = None if context is None else context[::step].long()
    sums = [torch.zeros_like(bias) for bias in network.head_biases]
    for start in range(0, len(digits), _CHUNK):
        rows = digits[start : start + _CHUNK]
        beside = None if context is None else context[start : start + _CHUNK]
        logits = network(rows, beside, orders.canonical(len(rows)))
        for total, part in zip(sums, logits, strict=True):
            total.add_(torch.softmax(part, 2).sum(1, keepdim=True))
    for bucket, total, bias in zip(space.buckets, sums, network.head_biases, strict=True):
        for place, part in enumerate(range(bucket.first, bucket.stop)):
            size = space.sizes[part]
            counts = torch.bincount(digits[:, part], minlength=size)
            # One more of each, or a code that no row has would become impossible.
            bias[place, 0, :size] += torch.log((counts + 1) / (total[place, 0, :size] + 1))
