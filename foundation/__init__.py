"""What every floor stands on: arrays with declared axes, settings with declared ranges, argument checks."""
