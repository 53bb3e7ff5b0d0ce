"""Descriptions in other notations: YAML, SQL, DBML and SDV metadata in; Mermaid too out."""
