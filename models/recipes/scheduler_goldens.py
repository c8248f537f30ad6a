"""Makes electron/core/diffusion/golden/diffusers.json: numbers of the real diffusers library, for the samplers' tests.

    pip install torch numpy diffusers
    python scheduler_goldens.py

Lists of noise levels, and whole sampling paths with a small denoiser in closed form: its output is

    tanh(0.8 x[j] + 0.4 x[j + 1]) (0.6 + 0.4 u),   j + 1 counted round

read as epsilon with x in variance preserving scale and u = t / 1000, or as flow velocity with u = sigma. States are
float32, written with nine digits, after every whole step, in the scale of the product: variance exploding or flow.
"""

import contextlib
import hashlib
import json
import math
from pathlib import Path

import diffusers
import numpy as np
import torch

TARGET = Path(__file__).parents[2] / "electron/core/diffusion/golden/diffusers.json"
WIDTH = 6
BETAS = {
    "sd": {"kind": "scaled_linear", "start": 0.00085, "end": 0.012, "trainSteps": 1000},
    "ddpm": {"kind": "linear", "start": 0.0001, "end": 0.02, "trainSteps": 1000},
    "cosine": {"kind": "squaredcos_cap_v2", "start": 0.0001, "end": 0.02, "trainSteps": 1000},
}


def digits(values):
    """Nine digits tell every float32 from its neighbours."""
    return [float(f"{float(v):.9g}") for v in values]


def draws(count, seed):
    return torch.randn((count, WIDTH), generator=torch.Generator().manual_seed(seed))


def denoiser(x, u):
    return torch.tanh(0.8 * x + 0.4 * torch.roll(x, -1)) * (0.6 + 0.4 * u)


def config(betas, **more):
    b = BETAS[betas]
    return {
        "num_train_timesteps": b["trainSteps"], "beta_start": b["start"], "beta_end": b["end"],
        "beta_schedule": b["kind"], **more,
    }


def abar_record(name):
    abar = diffusers.DDIMScheduler(**config(name)).alphas_cumprod.numpy()
    assert abar.dtype == np.float32
    return {
        "betas": BETAS[name],
        "ends": digits([abar[0], abar[-1]]),
        "sha256": hashlib.sha256(abar.astype("<f4").tobytes()).hexdigest(),
    }


def discrete_levels(scheduler, grid, steps, karras=False):
    """A list of levels with the rule that made it."""
    c = scheduler.config
    scheduler.set_timesteps(steps)
    timesteps = scheduler.timesteps.float()
    if isinstance(scheduler, diffusers.HeunDiscreteScheduler):
        timesteps = torch.cat([timesteps[:1], timesteps[1::2]])
        sigmas = torch.cat([scheduler.sigmas[:1], scheduler.sigmas[1:-1:2], scheduler.sigmas[-1:]])
    elif grid == "whole":
        if isinstance(scheduler, diffusers.PNDMScheduler) and len(timesteps) > steps:
            timesteps = torch.cat([timesteps[:1], timesteps[2:]])
        abar = torch.cat([scheduler.alphas_cumprod[timesteps.long()], scheduler.final_alpha_cumprod[None]])
        sigmas = ((1 - abar) / abar) ** 0.5
    else:
        sigmas = scheduler.sigmas
    final = {False: "sigma_min", True: "zero"}[c["set_alpha_to_one"]] if grid == "whole" else c.get("final_sigmas_type", "zero")
    scale = float(scheduler.init_noise_sigma)
    return {
        "from": type(scheduler).__name__,
        "betas": next(b for b in BETAS.values() if b["kind"] == c["beta_schedule"]),
        "rule": {
            "grid": grid, "spacing": c["timestep_spacing"], "stepsOffset": c.get("steps_offset", 0),
            "karras": karras, "final": final,
        },
        "steps": steps,
        "timesteps": digits(timesteps),
        "sigmas": digits(sigmas),
        # Variance preserving samplers start with unit variance, at any level.
        "noiseScale": scale if grid == "fractional" else math.sqrt(float(sigmas[0]) ** 2 + 1),
    }


def path(name, sampler, form, scheduler, levels, run, noise):
    states, start, evaluations = run(scheduler, levels)
    return {
        "name": name, "sampler": sampler, "form": form, "evaluations": evaluations,
        "timesteps": digits(levels["timesteps"]), "sigmas": digits(levels["sigmas"]),
        "start": digits(start), "noise": [digits(z) for z in noise], "states": [digits(s) for s in states],
    }


class Recorded:
    """Gives a scheduler's module noise that is known, instead of new noise."""

    def __init__(self, scheduler, noise):
        self.module = __import__(type(scheduler).__module__, fromlist=["randn_tensor"])
        self.noise = iter(noise)

    def __enter__(self):
        self.original = self.module.randn_tensor
        self.module.randn_tensor = lambda *_, **__: next(self.noise, torch.zeros(WIDTH))

    def __exit__(self, *_):
        self.module.randn_tensor = self.original


def ends_step(scheduler, evaluations):
    """Heun is inside a step where it remembers a slope, but for its last step, which has one evaluation."""
    return getattr(scheduler, "dt", None) is None or evaluations == len(scheduler.timesteps)


def run_exploding(scheduler, levels):
    """Euler, Euler ancestral, Heun: the scheduler's own scale is the product's."""
    x = start = draws(1, 1)[0] * scheduler.init_noise_sigma
    outputs, evaluations = [], 0
    for t in scheduler.timesteps:
        out = denoiser(scheduler.scale_model_input(x, t), t / 1000)
        x = scheduler.step(out, t, x).prev_sample
        evaluations += 1
        if ends_step(scheduler, evaluations):
            outputs.append(x)
    return outputs, start, evaluations


def run_preserving(scheduler, levels):
    """DDIM, PNDM, DPM++, LCM: unit variance, scaled to the product's by sqrt(sigma^2 + 1)."""
    scales = [math.sqrt(s * s + 1) for s in levels["sigmas"]]
    x = draws(1, 1)[0]
    start = x * scales[0]
    outputs, evaluations = [], 0
    for i, t in enumerate(scheduler.timesteps):
        x = scheduler.step(denoiser(x, t / 1000), t, x).prev_sample
        evaluations += 1
        # PNDM takes its first step twice.
        twice = isinstance(scheduler, diffusers.PNDMScheduler) and len(scheduler.timesteps) > len(levels["timesteps"])
        if not (twice and i == 0):
            outputs.append(x * scales[len(outputs) + 1])
    return outputs, start, evaluations


def run_flow(scheduler, levels):
    x = start = draws(1, 1)[0] * levels["sigmas"][0]
    outputs, evaluations = [], 0
    for i, t in enumerate(scheduler.timesteps):
        two = isinstance(scheduler, diffusers.FlowMatchHeunDiscreteScheduler)
        sigma = levels["sigmas"][(i + 1) // 2 if two else i]
        x = scheduler.step(denoiser(x, sigma), t, x).prev_sample
        evaluations += 1
        if ends_step(scheduler, evaluations):
            outputs.append(x)
    return outputs, start, evaluations


def all_levels():
    D = diffusers
    for spacing in ("leading", "trailing", "linspace"):
        for name in BETAS:
            for steps in (4, 7, 16):
                offset = {"timestep_spacing": spacing, "steps_offset": 1}
                yield discrete_levels(D.EulerDiscreteScheduler(**config(name, **offset)), "fractional", steps)
                yield discrete_levels(
                    D.DDIMScheduler(**config(name, **offset, set_alpha_to_one=True)), "whole", steps)
                yield discrete_levels(D.DPMSolverMultistepScheduler(**config(name, **offset)), "whole_but_last", steps)
    for name in BETAS:
        yield discrete_levels(
            D.EulerDiscreteScheduler(**config(name, use_karras_sigmas=True)), "fractional", 9, True)
        yield discrete_levels(
            D.DPMSolverMultistepScheduler(**config(name, use_karras_sigmas=True)), "whole_but_last", 20, True)
    leading = {"timestep_spacing": "leading", "steps_offset": 1}
    yield discrete_levels(D.EulerDiscreteScheduler(**config("sd", **leading)), "fractional", 20)
    yield discrete_levels(D.HeunDiscreteScheduler(**config("sd", use_karras_sigmas=True)), "fractional", 20, True)
    yield discrete_levels(D.DDIMScheduler(**config("sd", **leading, set_alpha_to_one=False)), "whole", 30)
    yield discrete_levels(
        D.PNDMScheduler(**config("sd", **leading, skip_prk_steps=True, set_alpha_to_one=False)), "whole", 20)
    yield discrete_levels(
        D.DPMSolverMultistepScheduler(**config("sd", final_sigmas_type="sigma_min")), "whole_but_last", 16)


def consistency_levels(steps):
    scheduler = diffusers.LCMScheduler(**config("sd"))
    scheduler.set_timesteps(steps)
    abar = scheduler.alphas_cumprod[scheduler.timesteps]
    return scheduler, {
        "betas": BETAS["sd"], "steps": steps, "timesteps": digits(scheduler.timesteps),
        "sigmas": digits(((1 - abar) / abar) ** 0.5) + [0.0],
    }


def flow_levels(schedule, steps, shift=3.0, tokens=4096, stochastic=False):
    """Levels of FlowMatchEuler for one of the product's schedules."""
    F = diffusers.FlowMatchEulerDiscreteScheduler
    even = np.linspace(1.0, 1 / steps, steps)
    if schedule == "sd3":
        scheduler = F(shift=shift)
        scheduler.set_timesteps(steps)
    elif schedule == "karras":
        scheduler = F(use_karras_sigmas=True)
        scheduler.set_timesteps(steps)
    elif schedule == "shifted_dynamic":
        scheduler = F(use_dynamic_shifting=True)
        # calculate_shift of diffusers' FLUX pipeline
        mu = 0.5 + (tokens - 256) * (1.15 - 0.5) / (4096 - 256)
        scheduler.set_timesteps(sigmas=even, mu=mu)
    else:
        scheduler = F(shift=shift if schedule == "shifted" else 1.0, stochastic_sampling=stochastic)
        scheduler.set_timesteps(sigmas=even)
    return scheduler, {
        "schedule": schedule, "steps": steps, "shift": shift, "tokens": tokens,
        "timesteps": digits(scheduler.timesteps), "sigmas": digits(scheduler.sigmas),
    }


def all_paths():
    D = diffusers
    leading = {"timestep_spacing": "leading", "steps_offset": 1}
    exploding = [
        ("Euler, leading", "euler", D.EulerDiscreteScheduler(**config("sd", **leading)), "fractional", 10, False),
        ("Euler, Karras", "euler", D.EulerDiscreteScheduler(**config("sd", use_karras_sigmas=True)), "fractional", 8, True),
        ("Heun, linspace", "heun", D.HeunDiscreteScheduler(**config("sd")), "fractional", 6, False),
        ("Heun, Karras", "heun", D.HeunDiscreteScheduler(**config("sd", use_karras_sigmas=True)), "fractional", 7, True),
        ("Euler ancestral, trailing", "euler_ancestral",
         D.EulerAncestralDiscreteScheduler(**config("sd", timestep_spacing="trailing")), "fractional", 6, False),
        ("Euler ancestral, one step", "euler_ancestral",
         D.EulerAncestralDiscreteScheduler(**config("sd", timestep_spacing="trailing")), "fractional", 1, False),
    ]
    for name, sampler, scheduler, grid, steps, karras in exploding:
        levels = discrete_levels(scheduler, grid, steps, karras)
        stochastic = sampler == "euler_ancestral"
        noise = draws(steps, 2) if stochastic else []
        with Recorded(scheduler, noise) if stochastic else contextlib.nullcontext():
            yield path(name, sampler, "variance_exploding", scheduler, levels, run_exploding, noise)
    pndm = {"skip_prk_steps": True, "set_alpha_to_one": False, **leading}
    dpm = D.DPMSolverMultistepScheduler
    preserving = [
        ("DDIM, leading", "ddim", D.DDIMScheduler(**config("sd", **leading, set_alpha_to_one=False, clip_sample=False)), "whole", 10),
        ("DDIM, to zero", "ddim", D.DDIMScheduler(**config("sd", **leading, set_alpha_to_one=True, clip_sample=False)), "whole", 5),
        ("PNDM", "pndm", D.PNDMScheduler(**config("sd", **pndm)), "whole", 8),
        ("PNDM, two steps", "pndm", D.PNDMScheduler(**config("sd", **pndm)), "whole", 2),
        ("PNDM, one step", "pndm", D.PNDMScheduler(**config("sd", **pndm)), "whole", 1),
        ("DPM++ 2M, few steps", "dpmpp_2m", dpm(**config("sd")), "whole_but_last", 10),
        ("DPM++ 2M", "dpmpp_2m", dpm(**config("sd")), "whole_but_last", 16),
        ("DPM++ 2M, Karras", "dpmpp_2m", dpm(**config("sd", use_karras_sigmas=True)), "whole_but_last", 12),
        ("DPM++ 2M, to sigma_min", "dpmpp_2m", dpm(**config("sd", final_sigmas_type="sigma_min")), "whole_but_last", 16),
        ("DPM++ 2M, few to sigma_min", "dpmpp_2m", dpm(**config("sd", final_sigmas_type="sigma_min")), "whole_but_last", 6),
    ]
    for name, sampler, scheduler, grid, steps in preserving:
        levels = discrete_levels(scheduler, grid, steps, "Karras" in name)
        yield path(name, sampler, "variance_exploding", scheduler, levels, run_preserving, [])
    scheduler, levels = consistency_levels(4)
    noise = draws(4, 2)
    with Recorded(scheduler, noise):
        yield path("LCM", "lcm", "variance_exploding", scheduler, levels, run_preserving, noise)

    for schedule in ("linear", "shifted", "shifted_dynamic", "karras", "sd3"):
        scheduler, levels = flow_levels(schedule, 8)
        yield path(f"FlowMatchEuler, {schedule}", "euler", "flow", scheduler, levels, run_flow, [])
    scheduler, levels = flow_levels("shifted", 4, stochastic=True)
    noise = draws(4, 2)
    with Recorded(scheduler, noise):
        yield path("FlowMatchEuler, stochastic", "lcm", "flow", scheduler, levels, run_flow, noise)
    scheduler = D.FlowMatchHeunDiscreteScheduler(shift=3.0)
    scheduler.set_timesteps(7)
    levels = flow_levels("sd3", 7)[1]
    assert digits(torch.cat([scheduler.sigmas[:1], scheduler.sigmas[1:-1:2], scheduler.sigmas[-1:]])) == levels["sigmas"]
    yield path("FlowMatchHeun", "heun", "flow", scheduler, levels, run_flow, [])
    scheduler = dpm(use_flow_sigmas=True, prediction_type="flow_prediction", flow_shift=3.0)
    scheduler.set_timesteps(16)
    levels = {"timesteps": scheduler.timesteps, "sigmas": digits(scheduler.sigmas)}
    yield path("DPM++ 2M of flow", "dpmpp_2m", "flow", scheduler, levels, run_flow, [])


def main():
    golden = {
        "madeWith": {
            "recipe": "models/recipes/scheduler_goldens.py", "diffusers": diffusers.__version__,
            "torch": torch.__version__.split("+")[0], "numpy": np.__version__,
        },
        "cumulativeAlphas": [abar_record(name) for name in BETAS],
        "levels": list(all_levels()),
        "consistencyLevels": [consistency_levels(steps)[1] for steps in (1, 4, 7)],
        "flowLevels": [
            flow_levels(schedule, steps)[1]
            for schedule in ("linear", "shifted", "shifted_dynamic", "karras", "sd3")
            for steps in (1, 4, 28)
        ] + [flow_levels("shifted_dynamic", 28, tokens=1024)[1], flow_levels("shifted", 4, shift=1.0)[1]],
        "paths": list(all_paths()),
    }
    TARGET.parent.mkdir(exist_ok=True)
    # One record a line: small, and a change shows where it is.
    parts = []
    for key, value in golden.items():
        if isinstance(value, list):
            lines = ",\n".join("    " + json.dumps(record, separators=(",", ":")) for record in value)
            parts.append(f'  "{key}": [\n{lines}\n  ]')
        else:
            parts.append(f'  "{key}": {json.dumps(value)}')
    TARGET.write_text("{\n" + ",\n".join(parts) + "\n}\n")
    print(f"{TARGET}: {TARGET.stat().st_size} bytes")


if __name__ == "__main__":
    main()
