"""Pure music computation: domain objects and numpy in, domain objects out. No files but the package's own data."""
