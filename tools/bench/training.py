"""The network and loss of `tools/bench/training` as one would write them in Python: training.py THREADS SIDE BATCH
STEPS FORM. FORM is "msssim" (pytorch-msssim, planes), "msssim-last" (the same, channels last) or "banded" (SSIM as
products with banded matrices, channels last: the fastest form in plain PyTorch) or "network" (the squared difference
alone, channels last: what no way of computing SSIM can be faster than). Prints images a second."""
import sys, time
import torch
from torch import nn
from torch.nn import functional as F

threads, side, batch, steps = map(int, sys.argv[1:5])
form = sys.argv[5]
torch.set_num_threads(threads)
torch.manual_seed(1)


class Block(nn.Sequential):
    def __init__(self, before, after, stride=1, dilation=1):
        super().__init__(nn.Conv2d(before, after, 3, stride, dilation, dilation, bias=False), nn.BatchNorm2d(after),
                         nn.LeakyReLU(0.2, inplace=True))


class Residual(nn.Module):
    def __init__(self, channels, dilation):
        super().__init__()
        self.block = Block(channels, channels, 1, dilation)

    def forward(self, x):
        return x + self.block(x)


def network():
    widths = [16, 32, 64, 128]
    layers = [Block(a, b, 2) for a, b in zip([3] + widths, widths)]
    layers += [Residual(128, d) for d in (1, 2, 4, 8)] + [nn.Conv2d(128, 32, 1), Block(32, 128)]
    for before, after in ((128, 64), (64, 32), (32, 16)):
        layers += [nn.Upsample(scale_factor=2), Block(before, after)]
    layers += [nn.Upsample(scale_factor=2), nn.Conv2d(16, 3, 3, padding=1), nn.Sigmoid()]
    return nn.Sequential(*layers)


def banded():
    taps = torch.exp(-(torch.arange(11) - 5.0) ** 2 / (2 * 1.5 ** 2))
    taps /= taps.sum()
    band = sum(torch.diag(torch.full((side,), float(t)), k)[: side - 10, :side] for k, t in enumerate(taps))
    blur = lambda x: band @ x @ band.T

    def ssim(x, y):
        mx, my = blur(x), blur(y)
        xx, yy, xy = mx * mx, my * my, mx * my
        variances, covariance = blur(x * x + y * y) - xx - yy, blur(x * y) - xy
        return ((2 * xy + 1e-4) / (xx + yy + 1e-4) * (2 * covariance + 9e-4) / (variances + 9e-4)).mean()

    return ssim


if form == "banded":
    ssim = banded()
elif form == "network":
    ssim = lambda x, y: 1
else:
    import pytorch_msssim
    ssim = lambda x, y: pytorch_msssim.ssim(x, y, data_range=1.0, size_average=True)
layout = torch.contiguous_format if form == "msssim" else torch.channels_last
net = network().train().to(memory_format=layout)
optimiser = torch.optim.Adam(net.parameters(), lr=2e-3)
images = torch.rand(batch, 3, side, side).contiguous(memory_format=layout)
times = []
for step in range(steps):
    begin = time.perf_counter()
    optimiser.zero_grad(set_to_none=True)
    output = net(images)
    loss = 1 - ssim(output, images) + 10 * F.mse_loss(output, images)
    loss.backward()
    optimiser.step()
    loss.item()
    times.append(time.perf_counter() - begin)
fastest = sorted(times[5:])[: (len(times) - 5) // 4]  # which other programs disturbed least
print(f"{batch * len(fastest) / sum(fastest):.2f}")
