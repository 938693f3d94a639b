"""From rates to assemblies: reliable sites, ceilings, training targets and human choices."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "ceilings": ["attainable_ceiling", "attainable_from_grams", "cka_ceiling"],
        "halves": ["half_averages", "require_repetitions"],
        "layout": ["count_repeats", "stack_repetitions"],
        "observers": ["assign_trials", "simulate_choices"],
        "quality": ["signal_to_noise", "split_half_reliability", "visual_drive_dprime"],
        "targets": ["control_target", "partition_rows"],
    },
)
