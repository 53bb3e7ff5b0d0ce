"""The parameters of `CTGAN`, checked once, with the reason of every departure from the paper."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from synthohive_jupyter.models.parameters import Parameters

if TYPE_CHECKING:
    from collections.abc import Mapping

_FLAGS = ("log_frequency", "scalar_per_mode")
_WIDTHS = ("generator_dim", "discriminator_dim")


@dataclass(frozen=True, slots=True, kw_only=True)
class CTGANConfig(Parameters):
    """Parameters of `CTGAN`. "Paper" means Xu et al., NeurIPS 2019, with its authors' code.

    The defaults depart from the paper where measurements said so (adult, 24,403 rows: a
    boosted-trees discriminator told rows of the published settings from real ones with an AUC of
    .985 after 40 epochs, and rows of these with .69 after the 113 at which they stop by
    themselves). `CTGAN.as_published` has the settings of the paper.

    Attributes:
        embedding_dim: Width of the noise vector z.
        generator_dim: Widths of the generator's residual layers.
        discriminator_dim: Widths of the critic's layers.
        pac: Rows that the critic judges together (PacGAN). Paper: 10. Default 2: with one batch of
            500 rows, 50 packs are few examples for the critic; the largest single gain measured.
        dropout: Dropout of the critic. Paper: .5. Default .2, measured together with ``pac``.
        generator_lr: Learning rate of the generator. Paper: 2e-4. Default 1e-3: as good in a
            fraction of the epochs, together with the cosine schedule.
        discriminator_lr: Learning rate of the critic; as ``generator_lr``.
        generator_decay: Weight decay (L2) of the generator.
        discriminator_decay: Weight decay (L2) of the critic.
        lr_schedule: ``"cosine"`` keeps the rates for 40 % of the steps, or until ``patience`` is at
            its end, and then lowers them to 0; ``"constant"`` is the paper's.
        discriminator_steps: Critic steps for each generator step.
        tau: Temperature of the Gumbel-softmax in training. Sampling draws exactly.
        gradient_penalty: Weight of the penalty of WGAN-GP.
        marginal_weight: Weight of the distance between the batch's soft marginals and the true
            frequencies, a term of the generator's loss. Paper: none (0). Default 1: shapes and
            pairs gain, and rare codes are kept.
        ema: Decay of the running average of the generator's weights that sampling uses; shorter in
            the first steps. Paper: none (0). Default .999: the last iterate of an adversarial game
            swings.
        log_frequency: Draw training conditions by log-frequency, as in the paper. Default off: it
            teaches a mixture that the marginals then pay for. Sampling always uses the true
            frequencies, which is the only choice that gives unbiased marginals.
        condition_on: Columns that conditions are drawn from: ``"discrete"`` ones as in the paper,
            or ``"all"`` (the default): modes and atoms of numbers are codes like any other, and
            rare ones profit in the same way.
        scalar_per_mode: Give every mode of a number a scalar of its own in the generator. Paper:
            one scalar for all (false), which cannot know which mode the Gumbel noise has picked.
        scalar_weight: Factor on the scalars in what the critic sees. Paper: 1. A scalar spans four
            deviations of its mode and so has a deviation of about .25, little beside a one-hot
            span: generated numbers came out with half the spread. Default 4, unit deviation.
        min_steps_per_epoch: Least steps of an epoch. Paper: rows // batch, at least 1. Default 10,
            because 30 epochs over a table of 1,000 rows would otherwise be 60 updates; rows are
            drawn with replacement anyway.
        embedding_threshold: Categories above which a column is embedded: the critic sees a fixed
            code vector instead of a one-hot span, and the generator has a low-rank head.
        max_codes: Codes of a discrete column that the networks tell apart. Of a column with more,
            frequent codes stand alone and rarer ones share groups of nearly equal shares; which
            code of its group a row gets is drawn from their shares afterwards. So a step takes no
            longer with 100,000 levels than with 1,000, and every level keeps its share of its
            group; but the levels of one group (each rarer than about 1 row in 1,000) all relate to
            other columns as their group does. Paper: no bound; `CTGAN.as_published` has this one
            too. A column of the context is only looked up, and keeps all its codes.
        patience: After so many validations, at least 400 steps apart, without improvement by 2 %
            the rates fall to 0, over a quarter more steps than there were before, and training
            ends. Paper: ``None``, which makes all epochs.
        device: ``"cpu"``, ``"cuda"``, or ``"auto"`` (CUDA where there is a device).
        precision: ``"float32"``, ``"bfloat16"`` for the products of training and of sampling
            (weights, normalisations and draws stay float32), or ``"auto"``: bfloat16 where the
            processor has instructions for it. Part of what the bytes of a fit and of a sample
            depend on.
        threads: Threads of torch while this model works; the caller's setting is restored. Part
            of what the bytes of a fit depend on, so it is not taken from the machine.
    """

    model: ClassVar = "CTGAN"
    choices: ClassVar = {
        "lr_schedule": ("cosine", "constant"),
        "condition_on": ("all", "discrete"),
        "device": ("cpu", "cuda", "auto"),
        "precision": ("auto", "float32", "bfloat16"),
    }
    ranges: ClassVar = {
        "dropout": (0.0, 0.999_999),
        "ema": (0.0, 0.999_999),
        "tau": (1e-3, 1e3),
        "generator_lr": (1e-12, 10.0),
        "discriminator_lr": (1e-12, 10.0),
        "generator_decay": (0.0, 10.0),
        "discriminator_decay": (0.0, 10.0),
        "gradient_penalty": (0.0, 1e6),
        "marginal_weight": (0.0, 1e6),
        "scalar_weight": (1e-3, 1e3),
    }
    largest: ClassVar = 65_536

    embedding_dim: int = 128
    generator_dim: tuple[int, ...] = (256, 256)
    discriminator_dim: tuple[int, ...] = (256, 256)
    pac: int = 2
    dropout: float = 0.2
    generator_lr: float = 1e-3
    discriminator_lr: float = 1e-3
    generator_decay: float = 1e-6
    discriminator_decay: float = 1e-6
    lr_schedule: str = "cosine"
    discriminator_steps: int = 1
    tau: float = 0.2
    gradient_penalty: float = 10.0
    marginal_weight: float = 1.0
    ema: float = 0.999
    log_frequency: bool = False
    condition_on: str = "all"
    scalar_per_mode: bool = True
    scalar_weight: float = 4.0
    min_steps_per_epoch: int = 10
    embedding_threshold: int = 50
    max_codes: int = 1000
    patience: int | None = 2
    device: str = "cpu"
    precision: str = "auto"
    threads: int = 1

    def __post_init__(self) -> None:
        """Check every value; a wrong one is a `ValueError` that names it."""
        Parameters.__post_init__(self)
        for name in _WIDTHS:
            object.__setattr__(self, name, tuple(getattr(self, name)))

    @classmethod
    def wanted(cls, name: str, value: object) -> str | None:
        """Return what a parameter has to be where it is something else."""
        if name in _FLAGS:
            return None if isinstance(value, bool) else "True or False"
        if name in _WIDTHS:
            right = isinstance(value, (tuple, list)) and value and all(map(cls.is_count, value))
            return None if right else "a tuple of layer widths, such as (256, 256)"
        if name == "patience" and value is None:
            return None
        return super(CTGANConfig, cls).wanted(name, value)


PUBLISHED: Mapping[str, Any] = {
    "pac": 10,
    "dropout": 0.5,
    "generator_lr": 2e-4,
    "discriminator_lr": 2e-4,
    "lr_schedule": "constant",
    "marginal_weight": 0.0,
    "ema": 0.0,
    "log_frequency": True,
    "condition_on": "discrete",
    "scalar_per_mode": False,
    "scalar_weight": 1.0,
    "min_steps_per_epoch": 1,
    "patience": None,
}
"""What the paper and its authors' code have where the defaults differ."""
