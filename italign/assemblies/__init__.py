"""From rates to assemblies: reliable sites, ceilings, training targets and human choices."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "ceilings": ["cka_ceiling", "cka_ceilings", "rules_from_hsic"],
        "drift": ["session_drift", "within_session_slope"],
        "halves": ["drawn_averages", "half_averages", "require_repetitions", "spearman_brown"],
        "latency": ["count_moments", "half_height_latency", "mean_psth"],
        "layout": ["Placement", "join_labels", "rank_repetitions", "stack_repetitions"],
        "normalise": ["zscore_sessions"],
        "observers": ["assign_trials", "simulate_choices"],
        "quality": ["fano_factor", "reliability_interval", "signal_to_noise",
                    "split_half_reliability", "visual_drive_dprime"],
        "selection": ["select_sites"],
        "sessions": ["check_alike", "drift_table", "place_sessions", "quality_in_hz",
                     "split_blanks"],
        "targets": ["control_target", "partition_rows"],
    },
)
