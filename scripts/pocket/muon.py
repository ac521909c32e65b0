"""The optimizer: Muon for the matrices, AdamW for the rest.

Muon makes each step's matrix nearly orthogonal by five Newton-Schulz steps (Jordan et al., 2024); matrices of the same
shape are worked on together, which is what makes it cheap here.
"""

from typing import Any

import torch
from torch import Tensor, nn

MOMENTUM = 0.95
ADAM_PART = 0.2
"""AdamW's rate as a part of Muon's."""
DECAY = 0.02


class Muon:
    """Steps all parameters of a network and clears their gradients."""

    def __init__(self, network: nn.Module) -> None:
        self.groups: dict[torch.Size, list[Tensor]] = {}
        others = []
        for name, weight in network.named_parameters():
            if weight.ndim == 2 and not name.startswith("token_embd"):
                self.groups.setdefault(weight.shape, []).append(weight)
            else:
                others.append(weight)
        self.momenta = {shape: torch.zeros(len(group), *shape) for shape, group in self.groups.items()}
        self.adam = torch.optim.AdamW(others, betas=(0.9, 0.98), weight_decay=0.0, fused=True)

    @torch.no_grad()
    def step(self, rate: float) -> None:
        for shape, group in self.groups.items():
            gradient = torch.stack([weight.grad for weight in group])
            momentum = self.momenta[shape]
            momentum.lerp_(gradient, 1 - MOMENTUM)
            update = orthogonal(gradient.lerp_(momentum, MOMENTUM))
            scale = rate * max(1.0, shape[0] / shape[1]) ** 0.5
            for weight, change in zip(group, update, strict=True):
                weight.mul_(1 - rate * DECAY).add_(change.float(), alpha=-scale)
                weight.grad = None
        for settings in self.adam.param_groups:
            settings["lr"] = rate * ADAM_PART
        self.adam.step()
        self.adam.zero_grad()

    def state_dict(self) -> dict[str, Any]:
        return {"momenta": self.momenta, "adam": self.adam.state_dict()}

    def load_state_dict(self, saved: dict[str, Any]) -> None:
        self.momenta = saved["momenta"]
        self.adam.load_state_dict(saved["adam"])


def orthogonal(matrices: Tensor) -> Tensor:
    a, b, c = 3.4445, -4.7750, 2.0315
    x = matrices.bfloat16()
    tall = x.shape[-2] > x.shape[-1]
    x = x.mT if tall else x
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(5):
        square = x @ x.mT
        x = a * x + (b * square + c * square @ square) @ x
    return x.mT if tall else x
