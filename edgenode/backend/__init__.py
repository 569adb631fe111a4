"""For consumers of the messages: a subscriber with typed messages, and a board of the latest."""

from edgenode.backend.arrivals import Arrival
from edgenode.backend.board import Board
from edgenode.backend.reader import Reader
from edgenode.backend.subscriber import Session, Subscriber

__all__ = ["Arrival", "Board", "Reader", "Session", "Subscriber"]
