"""From rates to assemblies: reliable sites, ceilings, training targets and human choices."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "ceilings": ["ceiling_factor", "cka_ceiling", "cka_ceilings", "rules_from_hsic"],
        "drift": ["session_drift", "within_session_slope"],
        "halves": ["drawn_averages", "extension_factor", "half_averages", "require_repetitions",
                   "spearman_brown"],
        "latency": ["half_height_latency"],
        "layout": ["Placement", "count_repetitions", "join_labels", "rank_repetitions",
                   "repetition_slots", "stack_repetitions"],
        "measures": ["quality_in_hz"],
        "normalise": ["zscore_sessions"],
        "observers": ["assign_trials", "simulate_choices"],
        "preferred": ["mean_psth", "pool_counts", "preferred_psth", "preferred_stimuli"],
        "quality": ["fano_factor", "reliability_interval", "signal_to_noise",
                    "split_half_reliability", "visual_drive_dprime"],
        "selection": ["select_sites"],
        "sessions": ["check_alike", "drift_table", "leave_out_rare", "place_sessions",
                     "split_blanks"],
        "targets": ["control_target", "partition_rows", "target_blocks"],
    },
)
