"""The open benchmark for infrared small target detection."""
