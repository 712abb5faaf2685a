"""From trees and scopes to code-level IR."""
