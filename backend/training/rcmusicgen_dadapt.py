"""Adam that finds its own rate: D-Adaptation (Defazio and Mishchenko 2023, the Adam variant), as the paper's preset."""
from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn

START = 1e-6


class DAdaptAdam(torch.optim.Optimizer):
    """The rate is ``lr`` (a schedule, usually 1 and below) times an estimate of the distance to the goal, which only
    grows. Weights decay by ``weight_decay`` times the rate."""

    def __init__(self, parameters: Iterable[nn.Parameter], lr: float = 1.0, betas: tuple[float, float] = (0.9, 0.95),
                 weight_decay: float = 0.0, eps: float = 1e-8) -> None:
        super().__init__(parameters, {"lr": lr, "betas": betas, "weight_decay": weight_decay, "eps": eps,
                                      "distance": START, "progress": 0.0})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]
        loss = closure() if closure is not None else None
        for group in self.param_groups:
            with_gradient = [parameter for parameter in group["params"] if parameter.grad is not None]
            if with_gradient:
                self._one(group, with_gradient)
        return loss

    def _one(self, group: dict[str, Any], parameters: list[nn.Parameter]) -> None:
        rate = group["distance"] * group["lr"]
        keep = group["betas"][1] ** 0.5
        gained, length = 0.0, 0.0
        for parameter in parameters:
            state = self.state[parameter]
            if not state:
                state.update({name: torch.zeros_like(parameter) for name in ("first", "second", "walked")})
            part, sum_of_walked = _follow(state, parameter.grad, rate, group)
            gained, length = gained + part, length + sum_of_walked
        group["progress"] = keep * group["progress"] + (1 - keep) * rate * gained
        for parameter in parameters:
            state = self.state[parameter]
            scale = state["second"].sqrt().add_(group["eps"])
            parameter.mul_(1 - group["weight_decay"] * rate)
            parameter.addcdiv_(state["first"], scale, value=-1)
        if length > 0 and group["lr"] > 0:
            group["distance"] = max(group["distance"], group["progress"] / ((1 - keep) * length))


def _follow(state: dict[str, Tensor], gradient: Tensor | None, rate: float,
            group: dict[str, Any]) -> tuple[float, float]:
    """Move a parameter's moments; the gradient along the way walked so far, and that way's length now."""
    assert gradient is not None
    beta1, beta2 = group["betas"]
    keep = beta2 ** 0.5
    state["first"].mul_(beta1).add_(gradient, alpha=(1 - beta1) * rate)
    state["second"].mul_(beta2).addcmul_(gradient, gradient, value=1 - beta2)
    scale = state["second"].sqrt().add_(group["eps"])
    along = float((gradient * state["walked"] / scale).sum())
    state["walked"].mul_(keep).add_(gradient, alpha=(1 - keep) * rate)
    return along, float(state["walked"].abs().sum())
