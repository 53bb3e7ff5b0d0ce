"""`CTGAN`: the public class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Self

import torch

from synthohive_jupyter.models.ctgan.conditioning import FREE_SHARE, TrainingSampler
from synthohive_jupyter.models.ctgan.config import PUBLISHED, CTGANConfig
from synthohive_jupyter.models.ctgan.fitted import FittedCTGAN, build_generator
from synthohive_jupyter.models.ctgan.groups import CodeGroups
from synthohive_jupyter.models.ctgan.trainer import Trainer, TrainingData
from synthohive_jupyter.models.hardware import find_device
from synthohive_jupyter.models.trained import TrainedModel
from synthohive_jupyter.models.training import VECTORS
from synthohive_jupyter.seeding import stream

if TYPE_CHECKING:
    from synthohive_jupyter.models.checkpoint import Checkpoint
    from synthohive_jupyter.models.fits import Coded
    from synthohive_jupyter.schema.metadata import Metadata


class CTGAN(TrainedModel[FittedCTGAN]):
    """A conditional tabular generative adversarial network (Xu et al., NeurIPS 2019).

    Mode-specific normalisation (done by the transformer), condition vectors with
    training-by-sampling, PacGAN, WGAN-GP, Gumbel-softmax. It models exactly the columns that it is
    given, so keys have to be left out before.

    Where there is a context, most training rows have no condition and sampling uses none: a
    condition drawn without regard to the context would contradict it.

    Args:
        metadata: The description; constraints and high-cardinality columns are read from it.
        batch_size: Rows of a step; rounded down to whole packs.
        epochs: Passes over the data.
        kwargs: Parameters of `CTGANConfig`, where each is explained, with its departure from the
            paper.

    Attributes:
        config: The parameters.
        best_epoch: The epoch whose weights are used, ``None`` where no validation was reached.
        best_metric: Its distance from the data: marginals plus pairs, lower is better.

    Example:
        >>> import pandas as pd
        >>> from synthohive_jupyter.schema.metadata import Metadata
        >>> shop = Metadata()
        >>> shop.add_table("users", pk=None)
        >>> users = pd.DataFrame({"plan": ["free", "pro"] * 50, "age": range(20, 120)})
        >>> model = CTGAN(shop, epochs=1).fit(users, table_name="users")
        >>> model.sample(3, seed=1).shape
        (3, 2)
    """

    kind: ClassVar[str] = "ctgan"
    config_class: ClassVar = CTGANConfig
    config: CTGANConfig

    @classmethod
    def as_published(cls, metadata: Metadata, **kwargs: Any) -> Self:  # noqa: ANN401 - as __init__
        """Return a model with the settings of the paper; ``kwargs`` win over them."""
        return cls(metadata, **{**PUBLISHED, **kwargs})

    def _coding(self) -> dict[str, Any]:
        return {"embedding_threshold": self.config.embedding_threshold}

    def _prepare(self, coded: Coded, *, seed: int) -> tuple[FittedCTGAN, Trainer | None]:
        """Build the generator and its training; without columns there is nothing to train."""
        groups = CodeGroups.of(coded.transformer, self.config.max_codes)
        layout, rows = groups.layout, groups.group(coded.rows)
        generator = build_generator(layout, coded.context, self.config)
        rng = stream(seed, coded.table, "fit", VECTORS)
        generator.space.draw_vectors(rng)
        generator.context.draw_vectors(rng)
        sampler = TrainingSampler(
            layout,
            rows.codes,
            condition_on=self.config.condition_on,
            log_frequency=self.config.log_frequency,
            free_share=0.0 if coded.context is None else FREE_SHARE,
        )
        fitted = FittedCTGAN(
            coded.table,
            coded.transformer,
            coded.context,
            self.config.threads,
            self.config,
            groups,
            generator,
            sampler,
        )
        if not layout:
            generator.initialise(torch.Generator().manual_seed(0))
            return fitted, None
        return fitted, Trainer(
            generator.to(find_device(self.config.device)),
            TrainingData(rows, coded.context_rows, sampler),
            self.config,
            table=coded.table,
            epochs=self.epochs,
            batch_size=self.batch_size,
            seed=seed,
        )

    def rebuild(self, saved: Checkpoint) -> FittedCTGAN:
        """Return the fitted model of a file."""
        return FittedCTGAN.from_checkpoint(saved, self.config)
